namespace Sensorium.Media.Images.Jpeg;

/// <summary>What the frame header (SOF) says, and the sizes that follow from it.</summary>
sealed class JpegFrame
{
    public JpegFrame(int marker, int width, int height, JpegComponent[] components)
    {
        Marker = marker;
        Width = width;
        Height = height;
        Components = components;
        int unit = IsLossless ? 1 : 8;
        MaxH = components.Max(c => c.H);
        MaxV = components.Max(c => c.V);
        McusPerRow = CeilingDivide(width, MaxH * unit);
        McuRows = CeilingDivide(height, MaxV * unit);
        foreach (JpegComponent c in components)
        {
            c.WidthInBlocks = CeilingDivide(width * c.H, MaxH * unit);
            c.HeightInBlocks = CeilingDivide(height * c.V, MaxV * unit);
            c.PaddedWidthInBlocks = McusPerRow * c.H;
            c.PaddedHeightInBlocks = McuRows * c.V;
            c.Width = CeilingDivide(width * c.H, MaxH);
            c.Height = CeilingDivide(height * c.V, MaxV);
        }
    }

    /// <summary>The SOF marker, which names the coding process.</summary>
    public int Marker { get; }

    public int Width { get; }

    public int Height { get; }

    public JpegComponent[] Components { get; }

    /// <summary>The largest sampling factors of any component.</summary>
    public int MaxH { get; }

    public int MaxV { get; }

    /// <summary>MCUs of a scan in which all components are interleaved.</summary>
    public int McusPerRow { get; }

    public int McuRows { get; }

    public bool IsProgressive => Marker == JpegMarker.StartOfFrame2;

    public bool IsLossless => Marker == JpegMarker.StartOfFrame3;

    public static int CeilingDivide(int a, int b) => (a + b - 1) / b;
}
