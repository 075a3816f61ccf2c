# a store that ends outside
-- asm
	r1 = end ll
	r2 = 5
	*(u32 *)(r1 - 2) = r2
	r0 = 0
	exit
-- fault 3 store to memory
