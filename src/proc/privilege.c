/* Giving up root. */
#include "proc/privilege.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The root of a container may have none of root's rights: then everything would fail
 * later, one call here and one there. CAP_CHOWN gives the segment and the logs away. */
static int
privilege_can_drop(const char *user, char *err, size_t errlen)
{
	static const struct {
		int number;
		const char *name;
	} needed[] = { { CAP_CHOWN, "CAP_CHOWN" }, { CAP_SETGID, "CAP_SETGID" },
		{ CAP_SETUID, "CAP_SETUID" } };
	struct __user_cap_header_struct header = { .version =
						       _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct have[_LINUX_CAPABILITY_U32S_3];
	size_t i;

	/* Where even this is refused, what comes says what is missing. */
	if (syscall(SYS_capget, &header, have) == -1)
		return 0;
	for (i = 0; i < NELEM(needed); i++) {
		if (have[0].effective & 1u << needed[i].number)
			continue;
		snprintf(err, errlen,
		    "root without %s cannot become user \"%s\": give it CAP_CHOWN, "
		    "CAP_SETGID and CAP_SETUID, start as that user, or set user in the "
		    "configuration (\"\" stays root)",
		    needed[i].name, user);
		return -1;
	}
	return 0;
}

int
privilege_find(const char *user, struct privilege *out, char *err, size_t errlen)
{
	const struct passwd *pw;

	*out = (struct privilege){ .uid = geteuid(), .gid = getegid() };
	if (*user == '\0' || geteuid() != 0)
		return 0;
	errno = 0;
	if ((pw = getpwnam(user)) == NULL) {
		snprintf(err, errlen,
		    "user \"%s\" %s%s: create it (adduser --system --group %s), or set "
		    "user in the configuration (\"\" stays root)",
		    user, errno ? "cannot be looked up: " : "does not exist",
		    errno ? strerror(errno) : "", user);
		return -1;
	}
	if (strlcpy(out->user, pw->pw_name, sizeof(out->user)) >= sizeof(out->user)) {
		snprintf(err, errlen, "user \"%s\": the name is too long", user);
		return -1;
	}
	out->uid = pw->pw_uid;
	out->gid = pw->pw_gid;
	/* A configuration may well name root: then there is nothing to give up. */
	out->drop = pw->pw_uid != 0;
	return out->drop ? privilege_can_drop(user, err, errlen) : 0;
}

static int
privilege_change(const struct privilege *p)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (initgroups(p->user, p->gid) == -1 ||
	    setresgid(p->gid, p->gid, p->gid) == -1 ||
	    setresuid(p->uid, p->uid, p->uid) == -1 || getresuid(&r, &e, &s) == -1 ||
	    getresgid(&rg, &eg, &sg) == -1)
		return -1;
	if (r != p->uid || e != p->uid || s != p->uid || rg != p->gid || eg != p->gid ||
	    sg != p->gid || setuid(0) != -1 || seteuid(0) != -1) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
privilege_drop(const struct privilege *p)
{
	if (p->drop && privilege_change(p) == -1)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
privilege_open_to_user(bool open)
{
	return prctl(PR_SET_DUMPABLE, open ? 1 : 0);
}

int
privilege_give(const struct privilege *p, const char *path)
{
	return p->drop ? lchown(path, p->uid, p->gid) : 0;
}

int
privilege_access(const struct privilege *p, const char *path, int mode)
{
	int status;
	pid_t pid;

	if (!p->drop)
		return access(path, mode);
	if ((pid = fork()) == -1)
		return -1;
	if (pid == 0)
		_exit(privilege_drop(p) == 0 && access(path, mode) == 0 ? 0 : errno);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno == 0 ? 0 : -1;
}
