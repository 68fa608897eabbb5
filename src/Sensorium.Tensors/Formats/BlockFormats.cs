namespace Sensorium.Tensors.Formats;

/// <summary>
/// Between storage types and float32. Reading is exact: the same products and sums, in the same order and without fused
/// multiply-adds, as ggml's <c>dequantize_row_*</c>, so results equal it to the bit. Writing follows ggml's
/// <c>quantize_row_*_ref</c> (no importance matrix), so a file made here has the bytes that llama-quantize would write.
/// </summary>
public static unsafe class BlockFormats
{
    /// <summary>Widens numbers to float32.</summary>
    /// <param name="type">How <paramref name="source"/> is stored.</param>
    /// <param name="source">Whole blocks, of any alignment.</param>
    /// <param name="destination">Room for <paramref name="count"/> floats.</param>
    /// <param name="count">How many numbers; a multiple of the block.</param>
    /// <exception cref="ArgumentException">The count is no whole number of blocks.</exception>
    public static void Dequantize(DType type, byte* source, float* destination, long count)
    {
        long blocks = Blocks(type, count);
        switch (type)
        {
            case DType.F64: Numbers.FromF64(source, destination, count); break;
            case DType.F32: Buffer.MemoryCopy(source, destination, checked(count * 4), checked(count * 4)); break;
            case DType.F16: HalfFloats.FromF16((ushort*)source, destination, count); break;
            case DType.BF16: HalfFloats.FromBF16((ushort*)source, destination, count); break;
            case DType.F8_E4M3: EighthFloats.FromE4M3(source, destination, count); break;
            case DType.F8_E5M2: EighthFloats.FromE5M2(source, destination, count); break;
            case DType.I64: Numbers.FromI64(source, destination, count); break;
            case DType.I32: Numbers.FromI32(source, destination, count); break;
            case DType.I16: Numbers.FromI16(source, destination, count); break;
            case DType.I8: Numbers.FromI8(source, destination, count); break;
            case DType.U64: Numbers.FromU64(source, destination, count); break;
            case DType.U32: Numbers.FromU32(source, destination, count); break;
            case DType.U16: Numbers.FromU16(source, destination, count); break;
            case DType.U8 or DType.Bool: Numbers.FromU8(source, destination, count); break;
            case DType.Q4_0: PlainBlocks.ReadQ4_0(source, destination, blocks); break;
            case DType.Q4_1: PlainBlocks.ReadQ4_1(source, destination, blocks); break;
            case DType.Q5_0: PlainBlocks.ReadQ5_0(source, destination, blocks); break;
            case DType.Q5_1: PlainBlocks.ReadQ5_1(source, destination, blocks); break;
            case DType.Q8_0: PlainBlocks.ReadQ8_0(source, destination, blocks); break;
            case DType.Q8_1: PlainBlocks.ReadQ8_1(source, destination, blocks); break;
            case DType.IQ4_NL: PlainBlocks.ReadIQ4_NL(source, destination, blocks); break;
            case DType.MXFP4: PlainBlocks.ReadMXFP4(source, destination, blocks); break;
            case DType.Q2_K: SuperBlocks.ReadQ2_K(source, destination, blocks); break;
            case DType.Q3_K: SuperBlocks.ReadQ3_K(source, destination, blocks); break;
            case DType.Q4_K: SuperBlocks.ReadQ4_K(source, destination, blocks); break;
            case DType.Q5_K: SuperBlocks.ReadQ5_K(source, destination, blocks); break;
            case DType.Q6_K: SuperBlocks.ReadQ6_K(source, destination, blocks); break;
            case DType.Q8_K: SuperBlocks.ReadQ8_K(source, destination, blocks); break;
            case DType.IQ4_XS: SuperBlocks.ReadIQ4_XS(source, destination, blocks); break;
            case DType.IQ1_S: LatticeBlocks.ReadIQ1_S(source, destination, blocks); break;
            case DType.IQ1_M: LatticeBlocks.ReadIQ1_M(source, destination, blocks); break;
            case DType.IQ2_XXS: LatticeBlocks.ReadIQ2_XXS(source, destination, blocks); break;
            case DType.IQ2_XS: LatticeBlocks.ReadIQ2_XS(source, destination, blocks); break;
            case DType.IQ2_S: LatticeBlocks.ReadIQ2_S(source, destination, blocks); break;
            case DType.IQ3_XXS: LatticeBlocks.ReadIQ3_XXS(source, destination, blocks); break;
            case DType.IQ3_S: LatticeBlocks.ReadIQ3_S(source, destination, blocks); break;
            case DType.TQ1_0: TernaryBlocks.ReadTQ1_0(source, destination, blocks); break;
            case DType.TQ2_0: TernaryBlocks.ReadTQ2_0(source, destination, blocks); break;
            case DType.Q1_0: TernaryBlocks.ReadQ1_0(source, destination, blocks); break;
            case DType.Q2_0: TernaryBlocks.ReadQ2_0(source, destination, blocks); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "not a storage type");
        }
    }

    /// <summary>Widens one row of a tensor into <paramref name="destination"/>, [<see cref="RawTensor.RowLength"/>].</summary>
    public static void DequantizeRow(RawTensor tensor, long row, float* destination)
    {
        Dequantize(tensor.Type, tensor.Row(row), destination, tensor.RowLength);
        GC.KeepAlive(tensor);
    }

    /// <summary>All numbers of a small tensor, row-major.</summary>
    /// <exception cref="OverflowException">More numbers than an array holds.</exception>
    public static float[] ToFloats(RawTensor tensor)
    {
        var values = new float[checked((int)tensor.Elements)];
        fixed (float* p = values)
            Dequantize(tensor.Type, tensor.Data, p, tensor.Elements);
        GC.KeepAlive(tensor);
        return values;
    }

    /// <summary>Whether <see cref="Quantize"/> writes the type.</summary>
    public static bool CanQuantize(DType type) => type is DType.F64 or DType.F32 or DType.F16 or DType.BF16
        or DType.Q4_0 or DType.Q4_1 or DType.Q5_0 or DType.Q5_1 or DType.Q8_0 or DType.IQ4_NL or DType.MXFP4
        or DType.Q2_K or DType.Q3_K or DType.Q4_K or DType.Q5_K or DType.Q6_K or DType.IQ4_XS
        or DType.TQ1_0 or DType.TQ2_0 or DType.Q1_0 or DType.Q2_0;

    /// <summary>Stores float32 numbers as <paramref name="type"/>.</summary>
    /// <param name="type">A type for which <see cref="CanQuantize"/> holds.</param>
    /// <param name="source">Finite numbers.</param>
    /// <param name="destination">Room for the bytes of <paramref name="count"/> numbers.</param>
    /// <param name="count">How many numbers; a multiple of the block.</param>
    /// <exception cref="NotSupportedException">The type is only read.</exception>
    public static void Quantize(DType type, float* source, byte* destination, long count)
    {
        long blocks = Blocks(type, count);
        switch (type)
        {
            case DType.F64: Numbers.ToF64(source, destination, count); break;
            case DType.F32: Buffer.MemoryCopy(source, destination, checked(count * 4), checked(count * 4)); break;
            case DType.F16: HalfFloats.ToF16(source, (ushort*)destination, count); break;
            case DType.BF16: HalfFloats.ToBF16(source, (ushort*)destination, count); break;
            case DType.Q4_0: PlainWriter.Q4_0(source, destination, blocks); break;
            case DType.Q4_1: PlainWriter.Q4_1(source, destination, blocks); break;
            case DType.Q5_0: PlainWriter.Q5_0(source, destination, blocks); break;
            case DType.Q5_1: PlainWriter.Q5_1(source, destination, blocks); break;
            case DType.Q8_0: PlainWriter.Q8_0(source, destination, blocks); break;
            case DType.MXFP4: PlainWriter.MXFP4(source, destination, blocks); break;
            case DType.IQ4_NL: NonLinearWriter.IQ4_NL(source, destination, blocks); break;
            case DType.IQ4_XS: NonLinearWriter.IQ4_XS(source, destination, blocks); break;
            case DType.Q2_K: SuperWriter.Q2_K(source, destination, blocks); break;
            case DType.Q3_K: SuperWriter.Q3_K(source, destination, blocks); break;
            case DType.Q4_K: SuperWriter.Q4_K(source, destination, blocks); break;
            case DType.Q5_K: SuperWriter.Q5_K(source, destination, blocks); break;
            case DType.Q6_K: SuperWriter.Q6_K(source, destination, blocks); break;
            case DType.TQ1_0: TernaryWriter.TQ1_0(source, destination, blocks); break;
            case DType.TQ2_0: TernaryWriter.TQ2_0(source, destination, blocks); break;
            case DType.Q1_0: TernaryWriter.Q1_0(source, destination, blocks); break;
            case DType.Q2_0: TernaryWriter.Q2_0(source, destination, blocks); break;
            default: throw new NotSupportedException($"{type} is read but not written; write F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q5_K, Q6_K or another type of {nameof(CanQuantize)}");
        }
    }

    static long Blocks(DType type, long count)
    {
        int block = type.BlockSize();
        if (count < 0 || count % block != 0)
            throw new ArgumentException($"{count} numbers are no whole number of {type} blocks of {block}", nameof(count));
        return count / block;
    }
}
