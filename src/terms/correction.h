/* The corrections of the reference's oddities (doc/differences.md), by bit: chosen in
 * the configuration, made by the analytics. */
#ifndef TERMS_CORRECTION_H
#define TERMS_CORRECTION_H

#define CORRECT_PARAMETER_BUCKETS 1u
#define CORRECT_NEVER_USED 2u
#define CORRECT_EXACT_USAGE 4u

#endif
