# and into functions and back
-- asm
	r1 = 6
	call f
	if r0 != 7 goto bad
	exit
bad:
	call #195896080
	exit
f:
	r0 = r1
	r0 += 1
	exit
-- result 0x7
