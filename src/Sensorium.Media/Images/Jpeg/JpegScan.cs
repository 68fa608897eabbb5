namespace Sensorium.Media.Images.Jpeg;

/// <summary>What a scan header (SOS) says.</summary>
/// <param name="Components">The components that the scan codes, in its order.</param>
/// <param name="SpectralStart">First coefficient of the band, in coded order; lossless: the predictor.</param>
/// <param name="SpectralEnd">Last coefficient of the band.</param>
/// <param name="ApproximationHigh">Successive approximation: bit position of the previous scan of the band, 0 for the first.</param>
/// <param name="ApproximationLow">Bit position of this scan; lossless: the point transform.</param>
/// <param name="Number">1 for the file's first scan.</param>
sealed record JpegScan(
    JpegComponent[] Components,
    int SpectralStart,
    int SpectralEnd,
    int ApproximationHigh,
    int ApproximationLow,
    int Number);
