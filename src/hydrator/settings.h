/* From the configuration to what the analytics want to know. */
#ifndef HYDRATOR_SETTINGS_H
#define HYDRATOR_SETTINGS_H

#include "analytics/analytics.h"
#include "config/config.h"

/*
 * Fills in all fields; strings stay the configuration's, which has to outlive the
 * settings. Names of corrections that do not exist are passed over with a warning.
 */
void settings_from_config(const struct config *, struct analytics_settings *);

#endif
