/* Sharing a screen among columns. */
#include <stdint.h>

#include "ctl/out_node.h"

size_t
out_share(const size_t *needs, size_t n, size_t room)
{
	size_t share = 0, left, open, last;

	do {
		last = share;
		left = room;
		open = 0;
		for (size_t i = 0; i < n; i++)
			if (needs[i] > share)
				open++;
			else
				left -= needs[i] < left ? needs[i] : left;
		if (open == 0)
			return SIZE_MAX;
		share = left / open;
	} while (share > last);
	return last;
}
