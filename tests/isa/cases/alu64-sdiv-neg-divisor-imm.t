# signed division by a negative number
-- asm
	r0 = 0xd ll
	r0 s/= -3
	exit
-- result 0xfffffffffffffffc
