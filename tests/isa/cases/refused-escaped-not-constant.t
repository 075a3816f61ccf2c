# what a function may have written is no constant any more
-- asm
	*(u64 *)(r10 - 8) = 0
	r1 = r10
	r1 += -8
	call f
	r1 = *(u64 *)(r10 - 8)
	r0 = 0
	if r1 == 0 goto out
	call #195896080
out:
	exit
f:
	*(u64 *)(r1 + 0) = 1
	r0 = 0
	exit
-- refused invalid func unknown#195896080
