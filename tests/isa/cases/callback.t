# a helper calls a function of the program
-- asm
	r6 = 100
	*(u64 *)(r10 - 8) = 1000
	r1 = 3
	r2 = &cb
	r3 = r10
	r3 += -8
	call #1002
	r1 = *(u64 *)(r10 - 8)
	r0 += r1
	r0 += r6
	exit
cb:
	r3 = *(u64 *)(r2 + 0)
	r3 += 10
	*(u64 *)(r2 + 0) = r3
	r6 = 5
	r0 = r1
	exit
-- insns 29
-- result 0x46d
