# nor is what a helper has written
-- asm
	*(u64 *)(r10 - 8) = 0
	r1 = r10
	r1 += -8
	call #1009
	r1 = *(u64 *)(r10 - 8)
	r0 = 0
	if r1 == 0 goto out
	call #195896080
out:
	exit
-- refused invalid func unknown#195896080
