# a store to outside of guest memory
-- asm
	r1 = wild ll
	r2 = 5
	*(u64 *)(r1 + 8) = r2
	r0 = 0
	exit
-- fault 3 3: (7b) *(u64 *)(r1 +8) = r2: store to memory that the program may not write: 8 bytes at 0x10008 (outside of guest memory)
