# gotol: a displacement of 32 bits
-- asm
	r0 = 1
	gotol out
back:
	r0 += 4
	exit
out:
	r0 += 2
	gotol back
-- result 0x7
