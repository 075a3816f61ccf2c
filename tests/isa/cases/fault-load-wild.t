# a load from outside of guest memory
-- asm
	r1 = wild ll
	r0 = *(u32 *)(r1 + 4)
	exit
-- fault 2 2: (61) r0 = *(u32 *)(r1 +4): load from memory that the program may not read: 4 bytes at 0x10004 (outside of guest memory)
