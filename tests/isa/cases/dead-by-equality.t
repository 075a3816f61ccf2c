# a register that was compared equal is that constant
-- asm
	r2 = *(u64 *)(r1 + 0)
	r0 = 1
	if r2 != 5 goto out
	if r2 == 5 goto out
	call #195896080
out:
	exit
-- ctx 5
-- result 0x1
