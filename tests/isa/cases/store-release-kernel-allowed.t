# a store-release to it
-- asm
	r1 = *(u64 *)(r1 + 0)
	r1 += slice
	r2 = 78
	store_release((u64 *)(r1 + 0), r2)
	r0 = *(u64 *)(r1 + 0)
	exit
-- ctx task
-- kptr 1
-- result 0x4e
