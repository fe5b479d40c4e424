/* From the configuration to what the analytics want to know. */
#ifndef HYDRATOR_SETTINGS_H
#define HYDRATOR_SETTINGS_H

#include <stdint.h>

#include "analytics/analytics.h"
#include "base/attr.h"
#include "config/config.h"

/*
 * Fills in all fields; strings stay the configuration's, which has to outlive the
 * settings. Names of corrections that do not exist are passed over with a warning.
 */
void settings_from_config(const struct config *, struct analytics_settings *);

/* A sum of all that shapes answers: machines of a fleet with another one would give
 * others. Never 0. */
uint32_t settings_sum(const struct analytics_settings *) MUST_CHECK;

#endif
