# a loop without end
-- asm
	r0 = 0
again:
	r0 += 1
	goto again
-- budget 1000
-- insns 1001
-- fault 1 executed more instructions than its budget (1000)
