/* What a reload would change. */
#ifndef CTL_CONFIG_DIFF_H
#define CTL_CONFIG_DIFF_H

struct ctl;

/*
 * Prints, option by option, where the file differs from the configuration in use, and
 * whether a reload changes that or a restart has to; nothing is ordered. What the
 * environment of the daemon sets stays as it is, and is not compared; what this
 * process's own sets is forgotten, but ${NAME} in the file is what NAME is here.
 * Returns 0 (no difference), 1 (there are some; or the file would be refused, why is on
 * standard error), or as attach_open().
 */
int config_diff(const struct ctl *);

#endif
