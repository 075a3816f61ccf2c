# a load that begins inside of guest memory and ends outside
-- asm
	r1 = end ll
	r0 = *(u64 *)(r1 - 7)
	exit
-- fault 2 load from memory that the program may not read
