namespace Sensorium.Tensors;

/// <summary>How the numbers of a tensor are stored: plain numbers, or the blocks of ggml (<c>ggml-common.h</c>) in which a group of numbers shares its scales.</summary>
public enum DType : byte
{
    /// <summary>IEEE double precision.</summary>
    F64,
    /// <summary>IEEE single precision.</summary>
    F32,
    /// <summary>IEEE half precision.</summary>
    F16,
    /// <summary>The upper half of a single: 8 bits of exponent, 7 of mantissa.</summary>
    BF16,
    /// <summary>Eight bits of float: 4 of exponent, 3 of mantissa, no infinities (OCP E4M3FN).</summary>
    F8_E4M3,
    /// <summary>Eight bits of float: 5 of exponent, 2 of mantissa (OCP E5M2).</summary>
    F8_E5M2,
    /// <summary>Signed 64-bit integer.</summary>
    I64,
    /// <summary>Signed 32-bit integer.</summary>
    I32,
    /// <summary>Signed 16-bit integer.</summary>
    I16,
    /// <summary>Signed 8-bit integer.</summary>
    I8,
    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
    /// <summary>Unsigned 32-bit integer.</summary>
    U32,
    /// <summary>Unsigned 16-bit integer.</summary>
    U16,
    /// <summary>Unsigned 8-bit integer.</summary>
    U8,
    /// <summary>One byte, zero or one.</summary>
    Bool,
    /// <summary>32 numbers: a half scale and 4-bit integers about 8.</summary>
    Q4_0,
    /// <summary>32 numbers: a half scale, a half minimum and 4-bit integers.</summary>
    Q4_1,
    /// <summary>32 numbers: a half scale and 5-bit integers about 16.</summary>
    Q5_0,
    /// <summary>32 numbers: a half scale, a half minimum and 5-bit integers.</summary>
    Q5_1,
    /// <summary>32 numbers: a half scale and signed bytes.</summary>
    Q8_0,
    /// <summary>32 numbers: a half scale, the scaled sum, and signed bytes (ggml's activations).</summary>
    Q8_1,
    /// <summary>256 numbers: 2-bit integers in 16 groups with 4-bit scales and minima.</summary>
    Q2_K,
    /// <summary>256 numbers: 3-bit integers in 16 groups with 6-bit scales.</summary>
    Q3_K,
    /// <summary>256 numbers: 4-bit integers in 8 groups with 6-bit scales and minima.</summary>
    Q4_K,
    /// <summary>256 numbers: 5-bit integers in 8 groups with 6-bit scales and minima.</summary>
    Q5_K,
    /// <summary>256 numbers: 6-bit integers in 16 groups with 8-bit scales.</summary>
    Q6_K,
    /// <summary>256 numbers: a single scale, signed bytes, sums of 16 (ggml's activations).</summary>
    Q8_K,
    /// <summary>256 numbers: lattice points of eight by an 11-bit index, with a shift (1.56 bits a number).</summary>
    IQ1_S,
    /// <summary>256 numbers: lattice points of eight by an 11-bit index, a scale per 16 (1.75 bits a number).</summary>
    IQ1_M,
    /// <summary>256 numbers: eight at a time from a grid of 256 points, with signs (2.06 bits a number).</summary>
    IQ2_XXS,
    /// <summary>256 numbers: eight at a time from a grid of 512 points, with signs (2.31 bits a number).</summary>
    IQ2_XS,
    /// <summary>256 numbers: eight at a time from a grid of 1024 points, with signs (2.56 bits a number).</summary>
    IQ2_S,
    /// <summary>256 numbers: four at a time from a grid of 256 points, with signs (3.06 bits a number).</summary>
    IQ3_XXS,
    /// <summary>256 numbers: four at a time from a grid of 512 points, with signs (3.44 bits a number).</summary>
    IQ3_S,
    /// <summary>32 numbers: a half scale and 4-bit indices into a fixed non-linear table.</summary>
    IQ4_NL,
    /// <summary>256 numbers: 4-bit indices into the table of <see cref="IQ4_NL"/>, a 6-bit scale per 32.</summary>
    IQ4_XS,
    /// <summary>256 ternary numbers, five a byte.</summary>
    TQ1_0,
    /// <summary>256 ternary numbers, four a byte.</summary>
    TQ2_0,
    /// <summary>32 numbers: a power-of-two scale and 4-bit floats (OCP microscaling E2M1).</summary>
    MXFP4,
    /// <summary>128 numbers: a half scale and signs.</summary>
    Q1_0,
    /// <summary>64 numbers: a half scale and 2-bit integers about 1.</summary>
    Q2_0,
}

/// <summary>Sizes of the storage types.</summary>
public static class DTypes
{
    /// <summary>How many numbers one block holds; 1 for plain numbers.</summary>
    public static int BlockSize(this DType type) => type switch
    {
        DType.Q4_0 or DType.Q4_1 or DType.Q5_0 or DType.Q5_1 or DType.Q8_0 or DType.Q8_1 or DType.IQ4_NL or DType.MXFP4 => 32,
        DType.Q2_0 => 64,
        DType.Q1_0 => 128,
        >= DType.Q4_0 => 256,
        _ => 1,
    };

    /// <summary>How many bytes one block takes (for plain numbers: one number).</summary>
    public static int BlockBytes(this DType type) => type switch
    {
        DType.F64 or DType.I64 or DType.U64 => 8,
        DType.F32 or DType.I32 or DType.U32 => 4,
        DType.F16 or DType.BF16 or DType.I16 or DType.U16 => 2,
        DType.I8 or DType.U8 or DType.Bool or DType.F8_E4M3 or DType.F8_E5M2 => 1,
        DType.Q4_0 => 18,
        DType.Q4_1 => 20,
        DType.Q5_0 => 22,
        DType.Q5_1 => 24,
        DType.Q8_0 => 34,
        DType.Q8_1 => 36,
        DType.Q2_K => 84,
        DType.Q3_K => 110,
        DType.Q4_K => 144,
        DType.Q5_K => 176,
        DType.Q6_K => 210,
        DType.Q8_K => 292,
        DType.IQ1_S => 50,
        DType.IQ1_M => 56,
        DType.IQ2_XXS => 66,
        DType.IQ2_XS => 74,
        DType.IQ2_S => 82,
        DType.IQ3_XXS => 98,
        DType.IQ3_S => 110,
        DType.IQ4_NL => 18,
        DType.IQ4_XS => 136,
        DType.TQ1_0 => 54,
        DType.TQ2_0 => 66,
        DType.MXFP4 => 17,
        DType.Q1_0 => 18,
        DType.Q2_0 => 18,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a storage type"),
    };

    /// <summary>The bytes that <paramref name="elements"/> numbers take.</summary>
    /// <exception cref="ArgumentException">The count is negative or no multiple of the block.</exception>
    /// <exception cref="OverflowException">The bytes do not fit a 64-bit integer.</exception>
    public static long ByteCount(this DType type, long elements)
    {
        int block = type.BlockSize();
        if (elements < 0 || elements % block != 0)
            throw new ArgumentException($"{elements} numbers are no whole number of {type} blocks of {block}", nameof(elements));
        return checked(elements / block * type.BlockBytes());
    }

    /// <summary>Whether numbers share scales in blocks (every type from <see cref="DType.Q4_0"/> on).</summary>
    public static bool IsQuantized(this DType type) => type >= DType.Q4_0;

    /// <summary>Whether the type is a plain floating-point number.</summary>
    public static bool IsFloat(this DType type) => type <= DType.F8_E5M2;
}
