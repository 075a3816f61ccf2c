# a program may return nothing: r0 is 0
-- asm
	exit
-- result 0x0
