/* The commands of hydratorctl, each in the file of its name. */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "ctl/ctl.h"

ctl_run_fn ctl_changes;  /* changes.c */
ctl_run_fn ctl_config;   /* config.c */
ctl_run_fn ctl_cycles;   /* cycles.c */
ctl_run_fn ctl_dump;     /* dump.c */
ctl_run_fn ctl_history;  /* history.c */
ctl_run_fn ctl_loglevel; /* loglevel.c */
ctl_run_fn ctl_model;    /* model.c */
ctl_run_fn ctl_models;   /* models.c */
ctl_run_fn ctl_refresh;  /* refresh.c */
ctl_run_fn ctl_reload;   /* reload.c */
ctl_run_fn ctl_reopen;   /* reopen.c */
ctl_run_fn ctl_status;   /* status.c */
ctl_run_fn ctl_stop;     /* stop.c */
ctl_run_fn ctl_top;      /* top.c */
ctl_run_fn ctl_upgrade;  /* upgrade.c */
ctl_run_fn ctl_verify;   /* verify.c */
ctl_run_fn ctl_warnings; /* warnings.c */
ctl_run_fn ctl_why;      /* why.c */

#endif
