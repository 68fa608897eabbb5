namespace Sensorium.Media.Images.Jpeg;

/// <summary>
/// A frame's samples, component by component, before upsampling. Only the last few MCU rows are kept: row y of a component
/// lies where row y − slots × (rows of an MCU) lay.
/// </summary>
unsafe sealed class SamplePlanes : IDisposable
{
    /// <summary>Bytes behind a row that vector code may read.</summary>
    const int Slack = 64;

    readonly NativeBuffer buffer;
    readonly byte*[] bases;
    readonly int[] rows;

    /// <param name="frame">The frame.</param>
    /// <param name="slots">How many MCU rows are kept.</param>
    /// <param name="name">The picture's name, for errors.</param>
    /// <param name="budget">What the memory is taken from.</param>
    public SamplePlanes(JpegFrame frame, int slots, string name, MediaBudget budget)
    {
        int unit = frame.IsLossless ? 1 : 8;
        int count = frame.Components.Length;
        bases = new byte*[count];
        rows = new int[count];
        Strides = new nint[count];
        long total = 0;
        for (int c = 0; c < count; c++)
        {
            JpegComponent component = frame.Components[c];
            Strides[c] = ((component.PaddedWidthInBlocks * unit) + Slack + 63) / 64 * 64;
            rows[c] = component.V * unit * slots;
            total += Strides[c] * rows[c];
        }

        buffer = new NativeBuffer(total, clear: false, name, budget);
        byte* next = buffer.Pointer;
        for (int c = 0; c < count; c++)
        {
            bases[c] = next;
            next += Strides[c] * rows[c];
        }
    }

    /// <summary>Bytes from one row to the next, for each component.</summary>
    public nint[] Strides { get; }

    /// <summary>Row y of a component.</summary>
    public byte* Row(int component, int y) => bases[component] + (y % rows[component] * Strides[component]);

    public void Dispose() => buffer.Dispose();
}
