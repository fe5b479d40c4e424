/* Which errors heal. */
#include "supervisor/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>

int
failure_status(int error)
{
	switch (error) {
	case EACCES:
	case EINVAL:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOENT:
	case ENOTDIR:
	case EPERM:
	case EROFS:
		return EX_CONFIG;
	case EADDRINUSE:
	case EADDRNOTAVAIL:
	case EAGAIN:
	case EBUSY:
	case EDQUOT:
	case EMFILE:
	case ENETDOWN:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case ENOSPC:
	case ENXIO: /* a FIFO that nobody reads */
		return EX_TEMPFAIL;
	default:
		return EXIT_FAILURE;
	}
}
