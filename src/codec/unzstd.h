/* Undoing zstd (RFC 8878), for what hydrators hand to each other. */
#ifndef CODEC_UNZSTD_H
#define CODEC_UNZSTD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * Appends what a frame and nothing else encodes, which must be exactly length bytes:
 * the caller has seen to it that they are not too many.
 * The frame must say so itself, which is looked at first, so that a bomb costs nothing.
 * It is decoded in one go: of whatever size its window is, no memory is taken but for
 * these bytes and a context of a fixed size. Returns false, with out as it was, if it
 * is not so. Dies if memory is out.
 */
bool unzstd(struct str frame, size_t length, struct buf *out) MUST_CHECK;

#endif
