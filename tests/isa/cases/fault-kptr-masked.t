# a kernel pointer whose bits were changed is none
-- asm
	call #1004
	r0 |= 8
	r0 = *(u64 *)(r0 + 0)
	exit
-- fault 2 load from memory that the program may not read: 8 bytes at 0x8 (NULL pointer plus 8)
