# atomics must be aligned
-- asm
	r1 = value ll
	r2 = 1
	lock *(u64 *)(r1 + 4) += r2
	r0 = 0
	exit
-- fault 3 lock *(u64 *)(r1 +4) += r2: misaligned access
