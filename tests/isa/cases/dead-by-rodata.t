# and out of memory that never changes
-- asm
	r1 = rodata ll
	r0 = *(u8 *)(r1 + 0)
	if r0 == 1 goto out
	call #195896080
out:
	exit
-- result 0x1
