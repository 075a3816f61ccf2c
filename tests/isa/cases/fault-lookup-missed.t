# the result of a lookup that found nothing
-- asm
	*(u32 *)(r10 - 4) = 1
	r1 = map ll
	r2 = r10
	r2 += -4
	call #1010
	r0 = *(u64 *)(r0 + 0)
	exit
-- fault 6 load from memory that the program may not read: 8 bytes at NULL
