# constants are followed through the frame
-- asm
	*(u32 *)(r10 - 8) = 1
	*(u32 *)(r10 - 4) = 0
	r0 = 4
	r1 = *(u64 *)(r10 - 8)
	if r1 == 1 goto out
	call #195896080
out:
	exit
-- result 0x4
