namespace Sensorium.Tensors.Cpu.Products;

/// <summary>How the integers of 32 inputs by 16 outputs are packed; the value is the bytes they take.</summary>
/// <remarks>
/// A quad is four inputs of each of the 16 outputs, a byte each: 64 bytes, and what one four-byte dot product reads; a
/// block has eight. A plane is 64 bytes, too; which of its bits belong to which quad is what <see cref="QuadPiece"/> says.
/// </remarks>
enum Planes
{
    TwoBits = 128,
    ThreeBits = 192,
    FourBits = 256,
    FiveBits = 320,
    SixBits = 384,
    EightBits = 512,
}

/// <summary>How scales (and minima) are packed.</summary>
enum ScaleKind
{
    /// <summary>A half a block.</summary>
    Half,

    /// <summary>A half and a half minimum a block.</summary>
    HalfAndMinimum,

    /// <summary>A byte and a byte minimum a block; a half for each of both a super-block.</summary>
    SuperAndMinimum,

    /// <summary>Two signed bytes a block, one for each 16 inputs; a half a super-block.</summary>
    SuperOfSixteen,

    /// <summary>Two bytes a block, each a 4-bit scale below a 4-bit minimum; a half for each of both a super-block.</summary>
    SuperOfSixteenAndMinimum,
}

/// <summary>
/// The packed form of a quantised type: unsigned integers u with scales so that a weight is s · (u - offset) + m.
/// </summary>
/// <param name="Type">The checkpoint's type.</param>
/// <param name="Planes">The integers.</param>
/// <param name="Scales">The scales.</param>
/// <param name="Offset">What u is about.</param>
/// <param name="IsIndex">u - offset is looked up in IQ4_NL's table first.</param>
sealed record QuantLayout(DType Type, Planes Planes, ScaleKind Scales, int Offset, bool IsIndex = false)
{
    static readonly QuantLayout[] All =
    [
        new(DType.Q8_0, Planes.EightBits, ScaleKind.Half, 128),
        new(DType.Q4_0, Planes.FourBits, ScaleKind.Half, 8),
        new(DType.Q4_1, Planes.FourBits, ScaleKind.HalfAndMinimum, 0),
        new(DType.Q5_0, Planes.FiveBits, ScaleKind.Half, 16),
        new(DType.Q5_1, Planes.FiveBits, ScaleKind.HalfAndMinimum, 0),
        new(DType.IQ4_NL, Planes.FourBits, ScaleKind.Half, 128, IsIndex: true),
        new(DType.Q2_K, Planes.TwoBits, ScaleKind.SuperOfSixteenAndMinimum, 0),
        new(DType.Q3_K, Planes.ThreeBits, ScaleKind.SuperOfSixteen, 4),
        new(DType.Q4_K, Planes.FourBits, ScaleKind.SuperAndMinimum, 0),
        new(DType.Q5_K, Planes.FiveBits, ScaleKind.SuperAndMinimum, 0),
        new(DType.Q6_K, Planes.SixBits, ScaleKind.SuperOfSixteen, 32),
    ];

    /// <summary>Every layout.</summary>
    public static IReadOnlyList<QuantLayout> Known => All;

    /// <summary>The layout of a type; null where it has none.</summary>
    public static QuantLayout? Of(DType type) => Array.Find(All, layout => layout.Type == type);

    /// <summary>Scales of a block and an output: one, or one for each half.</summary>
    public int Parts => Scales is ScaleKind.SuperOfSixteen or ScaleKind.SuperOfSixteenAndMinimum ? 2 : 1;

    public bool HasMinimum => Scales is ScaleKind.HalfAndMinimum or ScaleKind.SuperAndMinimum or ScaleKind.SuperOfSixteenAndMinimum;

    /// <summary>The largest u.</summary>
    public int Largest => Planes switch
    {
        Planes.TwoBits => 3,
        Planes.ThreeBits => 7,
        Planes.FourBits => IsIndex ? 255 : 15,
        Planes.FiveBits => 31,
        Planes.SixBits => 63,
        _ => 255,
    };

    /// <summary>Bytes of integers, 32 inputs by 16 outputs.</summary>
    public int QuadBytes => (int)Planes;

    /// <summary>Bytes of scales, 32 inputs by 16 outputs.</summary>
    public int ScaleBytes => Scales == ScaleKind.HalfAndMinimum ? 64 : 32;

    /// <summary>Bytes of scales of scales, 256 inputs by 16 outputs.</summary>
    public int SuperBytes => Scales switch
    {
        ScaleKind.SuperAndMinimum or ScaleKind.SuperOfSixteenAndMinimum => 64,
        ScaleKind.SuperOfSixteen => 32,
        _ => 0,
    };

    /// <summary>Inputs that the checkpoint stores together.</summary>
    public int StoredBlock => Type.BlockSize();

    /// <summary>Bytes of a slice's scales and the scales of those, which are in front of its integers.</summary>
    public int HeadBytes => HeadOf(QuantPanels.SliceBlocks);

    /// <summary>Bytes of a slice: the scales of eight blocks by 16 outputs, the scales of those, and the integers.</summary>
    public int SliceBytes => SliceOf(QuantPanels.SliceBlocks);

    /// <summary>Bytes of a group of 16 outputs: slices, the last one as short as it is.</summary>
    public nint GroupBytes(nint inputs) => inputs / Panel.Slice * SliceBytes + SliceOf((int)(inputs % Panel.Slice / Panel.Block));

    /// <summary>Bytes in front of the integers of a slice of so many blocks: whole lines of the cache.</summary>
    public int HeadOf(int blocks) => blocks == 0 ? 0 : (blocks * ScaleBytes + SuperBytes + 63) & -64;

    int SliceOf(int blocks) => HeadOf(blocks) + blocks * QuadBytes;

    /// <summary>Where a block of a group is.</summary>
    /// <param name="group">The group.</param>
    /// <param name="blocks">Blocks of the group.</param>
    /// <param name="block">Which.</param>
    public unsafe QuantBlock At(byte* group, nint blocks, nint block)
    {
        nint first = block - block % QuantPanels.SliceBlocks, held = Math.Min(QuantPanels.SliceBlocks, blocks - first);
        byte* slice = group + first / QuantPanels.SliceBlocks * SliceBytes;
        return new QuantBlock
        {
            Scales = slice + (block - first) * ScaleBytes,
            Super = slice + held * ScaleBytes,
            Integers = slice + HeadOf((int)held) + (block - first) * QuadBytes,
        };
    }
}
