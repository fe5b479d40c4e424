/*
 * Whom the kernel kills when memory is short. A child inherits the score of its parent
 * (proc_pid_oom_score_adj(5)), and cannot change it: to be closed to others of one's
 * user (privilege_open_to_user()) is to own none of one's files in /proc. So the
 * supervisor keeps that file open, and has the child's score while it forks.
 */
#ifndef PROC_OOM_H
#define PROC_OOM_H

/* Supervisor, before it is closed to others. Without the file, which is said at level
 * debug, the kernel goes by size alone. */
void oom_open(void);

/* Supervisor, around the fork of a child whose death costs nobody an answer: such a
 * child counts as if it had OOM_MORE thousandths of the memory more than it has, on top
 * of what the operator has set for the service. */
void oom_offer(void);
void oom_withdraw(void);

#define OOM_MORE 300

#endif
