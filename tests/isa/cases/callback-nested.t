# callbacks may call helpers that call them back
-- asm
	r1 = 2
	r2 = &outer
	r3 = 0
	call #1002
	exit
outer:
	*(u64 *)(r10 - 8) = 1
	r1 = 3
	r2 = &inner
	r3 = 0
	call #1002
	r1 = *(u64 *)(r10 - 8)
	r0 += r1
	exit
inner:
	*(u64 *)(r10 - 8) = 50
	r0 = 7
	exit
-- result 0x2c
