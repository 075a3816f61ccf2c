# a signed 32-bit comparison takes its sign from bit 31
-- asm
	r2 = *(u64 *)(r1 + 0)
	r0 = 1
	if w2 s< 0 goto out
	r0 = 0
out:
	exit
-- ctx 0x80000000
-- result 0x1
