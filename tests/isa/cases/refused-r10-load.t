# also for loads
-- asm
	r10 = *(u64 *)(r1 + 0)
	exit
-- ctx 0
-- refused frame pointer is read only
