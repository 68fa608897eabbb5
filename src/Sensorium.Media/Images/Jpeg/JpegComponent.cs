namespace Sensorium.Media.Images.Jpeg;

/// <summary>One colour component of a frame, and the tables that the scans assign to it.</summary>
sealed class JpegComponent
{
    public required int Index { get; init; }

    public required int Id { get; init; }

    /// <summary>Horizontal and vertical sampling factors, 1 to 4.</summary>
    public required int H { get; init; }

    public required int V { get; init; }

    /// <summary>Which quantisation table the component uses.</summary>
    public required int QuantizationSlot { get; init; }

    /// <summary>Blocks (lossless: samples) that hold picture.</summary>
    public int WidthInBlocks { get; set; }

    public int HeightInBlocks { get; set; }

    /// <summary>Blocks rounded up to whole MCUs, as interleaved scans code them.</summary>
    public int PaddedWidthInBlocks { get; set; }

    public int PaddedHeightInBlocks { get; set; }

    /// <summary>Samples that hold picture.</summary>
    public int Width { get; set; }

    public int Height { get; set; }

    /// <summary>Steps in row-major order, as they were when the component's first scan began; null before that.</summary>
    public ushort[]? Quantization { get; set; }

    public int DcSlot { get; set; }

    public int AcSlot { get; set; }

    /// <summary>
    /// How far each coefficient (in coded order) is known after the scans so far: −1 not at all, n: but for its n low bits.
    /// </summary>
    public int[] KnownBits { get; } = CreateUnknown();

    /// <summary><see cref="KnownBits"/> as it was before the last scan that touched it.</summary>
    public int[] PreviousKnownBits { get; } = CreateUnknown();

    static int[] CreateUnknown()
    {
        int[] bits = new int[64];
        Array.Fill(bits, -1);
        return bits;
    }
}
