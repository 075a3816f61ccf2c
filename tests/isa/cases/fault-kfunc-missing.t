# it is one when it is called
-- asm
	r2 = *(u64 *)(r1 + 0)
	r0 = 3
	if r2 == 0 goto out
	kcall #0
out:
	exit
-- ctx 1
-- fault 3 3: (85) call kernel-function#0: call of a kfunc that this kernel does not have
