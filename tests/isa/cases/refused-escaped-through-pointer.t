# nor is what is pointed to from memory that a function may have written
-- asm
	*(u64 *)(r10 - 64) = 0
	r1 = r10
	r1 += -64
	*(u64 *)(r10 - 16) = r1
	r1 = r10
	r1 += -16
	call f
	r1 = *(u64 *)(r10 - 64)
	r0 = 0
	if r1 == 0 goto out
	call #195896080
out:
	exit
f:
	r1 = *(u64 *)(r1 + 0)
	*(u64 *)(r1 + 0) = 1
	r0 = 0
	exit
-- refused invalid func unknown#195896080
