# a store to a field that programs may write
-- asm
	r1 = *(u64 *)(r1 + 0)
	r1 += slice
	r2 = 77
	*(u64 *)(r1 + 0) = r2
	r0 = *(u64 *)(r1 + 0)
	exit
-- ctx task
-- kptr 1
-- result 0x4d
