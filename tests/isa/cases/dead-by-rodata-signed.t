# with sign extension
-- asm
	r1 = rodata ll
	r0 = *(s32 *)(r1 + 8)
	if r0 s< 0 goto out
	call #195896080
out:
	r0 = 0
	exit
-- result 0x0
