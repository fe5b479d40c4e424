/*
 * Model of the latch in src/shm/seqlock.h: one writer that may die at every step and
 * is restarted (or not), one reader. Every shared access is one step. Between two
 * fences the accesses happen in any order, as the memory model allows, so a missing
 * fence is an error here even where a machine hides it.
 *
 * What a reader believes must be one whole generation, never an older one than before;
 * and it always comes to its end, wherever the writer stopped.
 *
 * Mutants, each of which must be found wrong:
 *   PLUS_ONE         begin by seq + 1 instead of seq | 1
 *   NO_WRITER_FENCE  nothing keeps the words below the mark
 *   NO_READER_FENCE  the sequence may be loaded again before the words are
 *   LATE_BY_ONE      a copy is believed until the generation after next is whole
 *   READ_BOTH        the reader copies the idle buffer while the sequence is odd
 *   WAIT_WHILE_ODD   the reader waits for the writer, as with a single buffer
 */
#define GENERATIONS 4	/* the writer stops when it has published that many */
#ifndef DEATHS
#define DEATHS 2
#endif
#define WORDS 3		/* word 0 stands for the metadata */
#define TAKES 2		/* snapshots that the reader takes */
#define TRIES 2		/* bound of its retries */

#ifdef PLUS_ONE
#define MARK(s) ((s) + 1)
#else
#define MARK(s) ((s) | 1)
#endif
#ifdef NO_WRITER_FENCE
#define WORDS_MAY_START 1
#else
#define WORDS_MAY_START marked
#endif
#ifdef NO_READER_FENCE
#define LOOK_AGAIN_MAY_START 1
#else
#define LOOK_AGAIN_MAY_START (copied == WORDS)
#endif
#ifdef LATE_BY_ONE
#define OVERTAKEN(again, g) ((again) >= 2 * ((g) + 2))
#else
#define OVERTAKEN(again, g) ((again) > 2 * ((g) + 1))
#endif
#ifdef READ_BOTH
#define CURRENT(s) (((s) + 1) / 2)
#else
#define CURRENT(s) ((s) / 2)
#endif

byte seq;
/* What a word holds: the generation it was written for. Two buffers. */
byte words[2 * WORDS];
byte deaths;
bool reader_done;

/* A death forgets what the process knew, and nothing that it stored. */
inline die()
{
	deaths++;
	goto restart
}

proctype writer()
{
	byte mark, i;
	byte generation;
	bool marked;
	bool written[WORDS];

restart:
	skip;
	d_step {
		mark = 0; i = 0; generation = 0; marked = false;
		written[0] = false; written[1] = false; written[2] = false
	}
	do
	:: deaths < DEATHS -> die()
	:: deaths == DEATHS -> goto stopped	/* nobody restarts it */
	:: seq / 2 >= GENERATIONS -> goto stopped
	:: seq / 2 < GENERATIONS ->
		d_step { mark = MARK(seq); generation = mark / 2 + 1 }
		/* seqlock_begin() and the words, as far as the fence lets them mix. */
		do
		:: !marked -> atomic { seq = mark; marked = true }
		:: WORDS_MAY_START && !written[0] ->
			atomic { words[(generation & 1) * WORDS + 0] = generation; written[0] = true }
		:: WORDS_MAY_START && !written[1] ->
			atomic { words[(generation & 1) * WORDS + 1] = generation; written[1] = true }
		:: WORDS_MAY_START && !written[2] ->
			atomic { words[(generation & 1) * WORDS + 2] = generation; written[2] = true }
		:: marked && written[0] && written[1] && written[2] -> break
		:: deaths < DEATHS -> die()
		:: deaths == DEATHS -> goto stopped
		od;
		skip;
		d_step {
			seq = 2 * generation; marked = false;
			written[0] = false; written[1] = false; written[2] = false
		}
	od;
stopped:
	skip
}

proctype reader()
{
	byte take, tries, first, again, generation, known, copied;
	bool looked;
	byte copy[WORDS];
	bool have[WORDS];

	do
	:: take == TAKES -> break
	:: take < TAKES ->
		take++;
		tries = 0;
retry:
#ifdef WAIT_WHILE_ODD
		do
		:: first = seq; if :: first & 1 -> skip :: else -> break fi
		od;
#endif
		first = seq;
		generation = CURRENT(first);
		if
		:: generation == 0 || generation == known || tries == TRIES -> goto next
		:: else
		fi;
		d_step {
			tries++; copied = 0; looked = false;
			have[0] = false; have[1] = false; have[2] = false
		}
		do
		:: !have[0] -> atomic {
			copy[0] = words[(generation & 1) * WORDS + 0]; have[0] = true; copied++ }
		:: !have[1] -> atomic {
			copy[1] = words[(generation & 1) * WORDS + 1]; have[1] = true; copied++ }
		:: !have[2] -> atomic {
			copy[2] = words[(generation & 1) * WORDS + 2]; have[2] = true; copied++ }
		:: LOOK_AGAIN_MAY_START && !looked -> atomic { again = seq; looked = true }
		:: copied == WORDS && looked -> break
		od;
		if
		:: OVERTAKEN(again, generation) -> goto retry
		:: else
		fi;
		assert(copy[0] == generation);
		assert(copy[1] == generation);
		assert(copy[2] == generation);
		assert(generation > known);
		known = generation;
next:
		skip
	od;
	reader_done = true
}

init {
	atomic { run writer(); run reader() }
}

/* Under weak fairness: no state of a dead or living writer holds the reader up. */
ltl reader_returns { <> reader_done }
