# goto
-- asm
	r0 = 1
	goto out
back:
	r0 += 4
	exit
out:
	r0 += 2
	goto back
-- result 0x7
