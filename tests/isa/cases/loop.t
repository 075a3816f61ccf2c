# a bounded loop; instructions are counted
-- asm
	r0 = 0
	r2 = *(u64 *)(r1 + 0)
again:
	r0 += r2
	r2 -= 1
	if r2 != 0 goto again
	exit
-- ctx 10
-- insns 33
-- result 0x37
