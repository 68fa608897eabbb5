namespace Sensorium.Media.Images.Jpeg;

/// <summary>Second bytes of JPEG markers (ITU-T T.81, table B.1).</summary>
static class JpegMarker
{
    public const int Temporary = 0x01;
    public const int StartOfFrame0 = 0xC0;
    public const int StartOfFrame1 = 0xC1;
    public const int StartOfFrame2 = 0xC2;
    public const int StartOfFrame3 = 0xC3;
    public const int HuffmanTables = 0xC4;
    public const int StartOfFrame9 = 0xC9;
    public const int StartOfFrame10 = 0xCA;
    public const int StartOfFrame11 = 0xCB;
    public const int ArithmeticConditioning = 0xCC;
    public const int StartOfFrame15 = 0xCF;
    public const int Restart0 = 0xD0;
    public const int Restart7 = 0xD7;
    public const int StartOfImage = 0xD8;
    public const int EndOfImage = 0xD9;
    public const int StartOfScan = 0xDA;
    public const int QuantizationTables = 0xDB;
    public const int NumberOfLines = 0xDC;
    public const int RestartInterval = 0xDD;
    public const int App0 = 0xE0;
    public const int App1 = 0xE1;
    public const int App14 = 0xEE;
    public const int App15 = 0xEF;
    public const int Comment = 0xFE;

    public static bool IsRestart(int marker) => marker is >= Restart0 and <= Restart7;

    /// <summary>What a frame of this kind is called, for messages.</summary>
    public static string FrameName(int marker) => marker switch
    {
        StartOfFrame0 => "baseline",
        StartOfFrame1 => "extended sequential",
        StartOfFrame2 => "progressive",
        StartOfFrame3 => "lossless",
        0xC5 => "differential sequential (hierarchical)",
        0xC6 => "differential progressive (hierarchical)",
        0xC7 => "differential lossless (hierarchical)",
        0xC8 => "reserved (JPG)",
        StartOfFrame9 => "arithmetic-coded sequential",
        StartOfFrame10 => "arithmetic-coded progressive",
        StartOfFrame11 => "arithmetic-coded lossless",
        0xCD => "arithmetic-coded differential sequential (hierarchical)",
        0xCE => "arithmetic-coded differential progressive (hierarchical)",
        StartOfFrame15 => "arithmetic-coded differential lossless (hierarchical)",
        _ => $"unknown (marker FF{marker:X2})",
    };
}
