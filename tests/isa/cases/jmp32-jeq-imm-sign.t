# a 32-bit comparison does not
-- asm
	r2 = *(u64 *)(r1 + 0)
	r0 = 1
	if w2 == -1 goto out
	r0 = 0
out:
	exit
-- ctx 0xffffffff
-- result 0x1
