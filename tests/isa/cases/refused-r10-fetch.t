# also for fetching atomics
-- asm
	r1 = value ll
	r10 = atomic64_fetch_add((u64 *)(r1 + 0), r10)
	exit
-- refused frame pointer is read only
