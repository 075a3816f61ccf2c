# results of functions that return kernel objects are kernel pointers
-- asm
	call #1004
	r0 = *(u64 *)(r0 + 8)
	exit
-- bad_reads 1
-- result 0x0
