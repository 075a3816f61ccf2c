# what hangs off a pointer in a map value is a kernel pointer
-- asm
	r6 = value ll
	r2 = *(u64 *)(r1 + 0)
	*(u64 *)(r6 + 0) = r2
	r7 = *(u64 *)(r6 + 0)
	r7 += parent
	r8 = *(u64 *)(r7 + 0)
	r0 = *(u64 *)(r8 + 8)
	exit
-- ctx task
-- bad_reads 1
-- result 0x0
