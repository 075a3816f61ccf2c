# a store to a freed kernel object
-- asm
	r1 = freed ll
	*(u32 *)(r1 + 0) = 1
	r0 = 0
	exit
-- fault 2 (freed kernel object)
