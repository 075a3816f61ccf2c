# so does one that points elsewhere
-- asm
	r1 = *(u64 *)(r1 + 0)
	r0 = *(u8 *)(r1 + 0)
	exit
-- ctx 0x7f0000000000
-- kptr 1
-- bad_reads 1 outside of guest memory
-- result 0x0
