namespace Sensorium.Media.Images.Jpeg;

/// <summary>What the inverse transform reads: the components' quantisation steps, and room for coefficients, aligned for vectors.</summary>
unsafe sealed class AlignedBlocks : IDisposable
{
    readonly NativeBuffer buffer;

    public AlignedBlocks(JpegFrame frame, string name, MediaBudget budget)
    {
        int count = frame.Components.Length;
        long row = frame.Components.Max(c => c.WidthInBlocks);
        MeansStride = (int)row + 12;
        buffer = new NativeBuffer(((count + 1 + row) * 64 * sizeof(short)) + (5L * MeansStride * sizeof(int)), clear: true, name, budget);
        Quantization = new short*[count];
        short* next = (short*)buffer.Pointer;
        foreach (JpegComponent component in frame.Components)
        {
            Quantization[component.Index] = next;
            if (component.Quantization is { } steps)
            {
                for (int i = 0; i < 64; i++)
                {
                    next[i] = (short)steps[i];
                }
            }

            next += 64;
        }

        Block = next;
        Row = next + 64;
        Means = (int*)(Row + (row * 64));
    }

    /// <summary>Each component's steps, row-major; zeros where no scan has brought the component.</summary>
    public short*[] Quantization { get; }

    /// <summary>Room for a block, zeroed.</summary>
    public short* Block { get; }

    /// <summary>Room for a row of blocks of any component.</summary>
    public short* Row { get; }

    /// <summary>Room for the means of five rows of blocks and two more on either side, with slack for vectors.</summary>
    public int* Means { get; }

    /// <summary>Numbers from one row of means to the next.</summary>
    public int MeansStride { get; }

    public void Dispose() => buffer.Dispose();
}
