/* Checks of text options, for the table of options. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/options.h"

option_check_fn check_listen;            /* "host:port", "[v6]:port", "*:port" */
option_check_fn check_dashboard_listen;  /* that, or "none" */
option_check_fn check_user;              /* "" or a login name */
option_check_fn check_path;              /* absolute */
option_check_fn check_segment_name;      /* shm_open(3): one leading slash, no other */
option_check_fn check_log_target;        /* "auto", "syslog", "stderr", absolute path */
option_check_fn check_log_level;         /* as log_open() takes it */
option_check_fn check_log_format;        /* "text" or "json" */
option_check_fn check_url;               /* http, https or file, absolute */
option_check_fn check_base_url;          /* the same; loses slashes at its end */
option_check_fn check_proxy;             /* "" or a URL of a proxy */
option_check_fn check_user_agent;        /* a header field value (RFC 9110 5.5) */
option_check_fn check_correction;        /* a name of doc/differences.md */
option_check_fn check_category;          /* a name of terms/category.h */
option_check_fn check_origin;            /* "*" or an origin (RFC 6454 7) */
option_check_fn check_replicate_mode;    /* any case, becomes upper case */
option_check_fn check_path_or_none;      /* absolute path, or empty */
option_check_fn check_access_log_format; /* any case, becomes lower case */
option_check_fn check_event_kind;        /* of terms/event.h */
option_check_fn check_notify_format;
option_check_fn check_redis_url;    /* "" or as terms/redis_url.h has it */
option_check_fn check_redis_prefix; /* of keys: nothing that a pattern knows */
option_check_fn check_redis_reference_prefix; /* the same, or "" */
option_check_fn check_redis_name;       /* one that a ledger has room for, or "" */
option_check_fn check_canonical_format; /* any case, becomes lower case */

#endif
